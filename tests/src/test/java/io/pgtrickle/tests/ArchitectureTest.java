package io.pgtrickle.tests;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

/// The arrows of docs/ARCHITECTURE.md.
final class ArchitectureTest {
    private static final String BASE = "io.pgtrickle.";
    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .importPackages(
                            "io.pgtrickle.compiler",
                            "io.pgtrickle.runtime",
                            "io.pgtrickle.server",
                            "io.pgtrickle.cli");

    @Test
    void modulesDependDownwardsOnly() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("compiler")
                .definedBy(BASE + "compiler..")
                .layer("runtime")
                .definedBy(BASE + "runtime..")
                .layer("server")
                .definedBy(BASE + "server..")
                .layer("cli")
                .definedBy(BASE + "cli..")
                .whereLayer("cli")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("server")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("runtime")
                .mayOnlyBeAccessedByLayers("server", "cli")
                .whereLayer("compiler")
                .mayOnlyBeAccessedByLayers("runtime", "server", "cli")
                .because("dependencies point down: move what is shared to the lower module")
                .check(CLASSES);
    }

    @Test
    void theCompilerIsPure() {
        noClasses()
                .that()
                .resideInAPackage(BASE + "compiler..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.sql..",
                        "javax.sql..",
                        "java.util.concurrent..",
                        "java.io..",
                        "java.net..",
                        "java.nio.file..",
                        "org.slf4j..",
                        "org.postgresql..")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.time.Clock")
                .because("the compiler turns data into text: hand what it needs in as a value")
                .check(CLASSES);
    }

    @Test
    void thereAreNoCyclesBetweenPackages() {
        slices().matching(BASE + "(**)")
                .should()
                .beFreeOfCycles()
                .because("a cycle makes one package of two: move the shared type down")
                .check(CLASSES);
    }

    @Test
    void onlyTheParserSeesTheGrammar() {
        noClasses()
                .that()
                .resideOutsideOfPackage(BASE + "compiler.sql..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.pgcodekeeper..", "org.antlr..")
                .because("nothing outside compiler.sql may know the parser: use our syntax tree")
                .check(CLASSES);
    }

    @Test
    void theModelKnowsNothingOfSqlText() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        BASE + "compiler.model..",
                        BASE + "compiler.delta..",
                        BASE + "compiler.plan..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(BASE + "compiler.emit..")
                .because(
                        "only compiler.emit makes SQL text; plans and deltas are independent of it")
                .check(CLASSES);
    }

    @Test
    void onlyTheServerSchedules() {
        noClasses()
                .that()
                .resideInAnyPackage(BASE + "runtime..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.zaxxer..")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Executor.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Thread.class)
                .because("the library has no threads or pools of its own; the service has")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void exceptionsAreUnchecked() {
        classes()
                .that()
                .areAssignableTo(Throwable.class)
                .and()
                .resideInAPackage(BASE + "runtime.outcome..")
                .should()
                .beAssignableTo(RuntimeException.class)
                .because(
                        "the library's errors carry SQLSTATE, DETAIL and HINT and need no declaration")
                .check(CLASSES);
    }
}
