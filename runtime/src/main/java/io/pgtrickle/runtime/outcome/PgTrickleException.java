package io.pgtrickle.runtime.outcome;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An error with everything a caller needs: SQLSTATE, message, DETAIL and HINT, as PostgreSQL
/// reports its own.
public final class PgTrickleException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String sqlState;
    private final @Nullable String detail;
    private final @Nullable String hint;
    private final int position;

    private PgTrickleException(Builder builder) {
        super(builder.message, builder.cause);
        this.sqlState = builder.sqlState;
        this.detail = builder.detail;
        this.hint = builder.hint;
        this.position = builder.position;
    }

    /// Starts an error with its five-character SQLSTATE and its message.
    public static Builder of(String sqlState, String message) {
        return new Builder(sqlState, message);
    }

    /// An error of SQLSTATE 22023: an argument is outside what is allowed.
    public static PgTrickleException invalidArgument(String message, String detail, String hint) {
        return of("22023", message).detail(detail).hint(hint).build();
    }

    /// The SQLSTATE, five characters.
    public String sqlState() {
        return sqlState;
    }

    /// Why it happened, where there is more to say than the message does.
    public Optional<String> detail() {
        return Optional.ofNullable(detail);
    }

    /// What to do about it.
    public Optional<String> hint() {
        return Optional.ofNullable(hint);
    }

    /// The 1-based character position in the query text, 0 when there is none.
    public int position() {
        return position;
    }

    /// Message, DETAIL and HINT on lines of their own, as psql shows them.
    public String report() {
        StringBuilder text = new StringBuilder("ERROR: ").append(getMessage());
        detail().ifPresent(line -> text.append("\nDETAIL: ").append(line));
        hint().ifPresent(line -> text.append("\nHINT: ").append(line));
        if (position > 0) {
            text.append("\nPOSITION: character ").append(position).append(" of the query");
        }
        return text.append("\nSQLSTATE: ").append(sqlState).toString();
    }

    /// Collects the parts of an error.
    public static final class Builder {
        private final String sqlState;
        private final String message;
        private @Nullable String detail;
        private @Nullable String hint;
        private @Nullable Throwable cause;
        private int position;

        private Builder(String sqlState, String message) {
            this.sqlState = sqlState;
            this.message = message;
        }

        /// Sets why it happened.
        public Builder detail(@Nullable String text) {
            this.detail = text;
            return this;
        }

        /// Sets what to do.
        public Builder hint(@Nullable String text) {
            this.hint = text;
            return this;
        }

        /// Sets the 1-based position in the query text.
        public Builder position(int value) {
            this.position = value;
            return this;
        }

        /// Sets the underlying error.
        public Builder cause(Throwable error) {
            this.cause = error;
            return this;
        }

        /// The finished error.
        public PgTrickleException build() {
            return new PgTrickleException(this);
        }
    }
}
