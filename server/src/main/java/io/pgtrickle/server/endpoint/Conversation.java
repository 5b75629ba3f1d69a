package io.pgtrickle.server.endpoint;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;

/// What a client and the service say to each other over one connection: requests and answers in
/// turn. Belongs to the thread that [Talk#with] was called on.
///
/// A client may give up anything between two requests, and its next request may be about something
/// else: only what the requests say tells which belong together.
public interface Conversation {
    /// Waits for the next request, for as long as the client likes.
    ///
    /// @throws EOFException when the client has gone, broke the protocol or took longer than
    ///   [EndpointSettings.Limits#call()] to send what it began, or the endpoint closes
    /// @throws IllegalStateException when the last request has no answer yet
    String request() throws IOException;

    /// Waits for the next request, which has to begin within a time.
    ///
    /// @throws EOFException as above, also when the time is up: the client is told and cut off
    String request(Duration within) throws IOException;

    /// Answers the request.
    ///
    /// @throws EOFException when the client has gone, or the endpoint closes, or the request is
    ///   older than [EndpointSettings.Limits#call()]
    /// @throws PgTrickleException 22P05 when the client's encoding lacks a character of the text;
    ///   the request is still to be answered
    /// @throws IllegalStateException without a request
    void answer(String text) throws IOException;

    /// Answers the request with an error: the client gets SQLSTATE, message, DETAIL and HINT.
    /// Characters that its encoding lacks become question marks.
    ///
    /// @throws EOFException as [#answer]
    /// @throws IllegalStateException without a request
    void fail(PgTrickleException error) throws IOException;

    /// The database that the client connected to by name; nothing is checked with it.
    String database();

    /// The user that logged in.
    String user();
}
