package io.pgtrickle.tests;

import io.pgtrickle.server.Service;
import java.io.File;
import java.io.IOException;
import java.time.Duration;

/// A service in a JVM of its own, for tests that kill it. Ends when its standard input does.
final class ServiceWorker {
    private ServiceWorker() {}

    /// `ServiceWorker URL`: prints a line when it leads.
    public static void main(String[] arguments) throws IOException {
        Service.Config config = new Service.Config(arguments[0], "", "", 4);
        try (Service service = Service.start(config)) {
            if (service.awaitLeadership(Duration.ofMinutes(5))) {
                System.out.println("leading");
            }
            while (System.in.read() >= 0) {
                // Until the parent is gone.
            }
        }
    }

    /// The command that starts it.
    static ProcessBuilder process(String url) {
        String java = System.getProperty("java.home") + "/bin/java";
        return new ProcessBuilder(
                        java,
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ServiceWorker.class.getName(),
                        url)
                // What it warns about while it or PostgreSQL is killed is no news.
                .redirectError(
                        ProcessBuilder.Redirect.appendTo(new File("target/service-worker.log")));
    }
}
