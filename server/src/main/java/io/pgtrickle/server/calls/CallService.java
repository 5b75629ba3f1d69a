package io.pgtrickle.server.calls;

import io.pgtrickle.runtime.api.SqlCalls;
import io.pgtrickle.runtime.jdbc.Errors;
import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import io.pgtrickle.server.endpoint.Endpoint;
import io.pgtrickle.server.endpoint.EndpointSettings;
import io.pgtrickle.server.endpoint.PemFiles;
import io.pgtrickle.server.endpoint.Secrets;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import org.slf4j.Logger;

/// Takes the calls of the SQL API for as long as the service leads. Address and secret stand in the
/// database, where the functions find them; each term has a secret of its own.
public final class CallService implements AutoCloseable {
    private static final String USER = "pgtrickle";

    private final Connection control;
    private final Endpoint endpoint;
    private final String secret;
    private final Logger log;

    private CallService(Connection control, Endpoint endpoint, String secret, Logger log) {
        this.control = control;
        this.endpoint = endpoint;
        this.secret = secret;
        this.log = log;
    }

    /// Listens and registers.
    ///
    /// @param control the connection that holds the lease
    /// @throws SQLException when the address cannot be registered; nothing listens then
    public static CallService start(Connection control, CallAddress address, Logger log)
            throws SQLException {
        String secret = Secrets.random();
        EndpointSettings settings =
                EndpointSettings.of(USER, secret)
                        .withAddress(new EndpointSettings.Address(bind(address), address.port()));
        if (address.tls().isPresent()) {
            settings =
                    settings.withTls(
                            PemFiles.context(
                                    address.tls().get().certificate(), address.tls().get().key()));
        }
        // Definitions that are not committed must not be those of the scheduler's engine.
        SqlCalls calls = new SqlCalls(new RefreshEngine());
        Endpoint endpoint = Endpoint.start(settings, new CallTalk(calls, new Seal(secret)));
        CallService service = new CallService(control, endpoint, secret, log);
        try {
            service.register(address);
        } catch (SQLException e) {
            endpoint.close();
            throw e;
        }
        return service;
    }

    private static InetAddress bind(CallAddress address) throws SQLException {
        try {
            return InetAddress.getByName(address.bind());
        } catch (UnknownHostException e) {
            throw new SQLException("cannot listen at " + address.bind(), "08001", e);
        }
    }

    private void register(CallAddress address) throws SQLException {
        Sql.update(
                control,
                """
                INSERT INTO pgtrickle.pgt_service (host, port, user_name, secret, tls) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (only_row) DO UPDATE SET host = EXCLUDED.host, port = EXCLUDED.port,
                    user_name = EXCLUDED.user_name, secret = EXCLUDED.secret, tls = EXCLUDED.tls, registered_at = now()
                """,
                address.advertised(),
                endpoint.port(),
                USER,
                secret,
                address.tls().isPresent());
        log.info("Taking calls at {}:{}", address.advertised(), endpoint.port());
    }

    /// Stops listening; callers are told that there is no service, unless another one has
    /// registered.
    @Override
    public void close() {
        endpoint.close();
        try {
            if (!control.isClosed()) {
                Sql.update(control, "DELETE FROM pgtrickle.pgt_service WHERE secret = ?", secret);
            }
        } catch (SQLException e) {
            log.debug("The address of calls stays registered: {}", Errors.message(e));
        }
    }
}
