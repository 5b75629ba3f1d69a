-- What refreshes are coordinated by, beside schedules: gates, watermarks, groups, and the queue of refreshes.

CREATE TABLE pgtrickle.pgt_scheduler_jobs (
    job_id bigserial PRIMARY KEY,
    dag_version bigint NOT NULL,
    unit_key text NOT NULL,
    unit_kind text NOT NULL CHECK (unit_kind IN ('singleton', 'atomic_group', 'immediate_closure', 'cyclic_scc',
        'repeatable_read_group', 'fused_chain')),
    member_pgt_ids bigint[] NOT NULL,
    root_pgt_id bigint NOT NULL,
    status text NOT NULL DEFAULT 'QUEUED' CHECK (status IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'RETRYABLE_FAILED',
        'PERMANENT_FAILED', 'CANCELLED')),
    scheduler_pid int NOT NULL,
    worker_pid int,
    attempt_no int NOT NULL DEFAULT 1,
    enqueued_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    outcome_detail text,
    retryable boolean
);
CREATE INDEX idx_sched_jobs_status_enqueued ON pgtrickle.pgt_scheduler_jobs (status, enqueued_at);
CREATE INDEX idx_sched_jobs_unit_status ON pgtrickle.pgt_scheduler_jobs (unit_key, status);
CREATE INDEX idx_sched_jobs_finished ON pgtrickle.pgt_scheduler_jobs (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE pgtrickle.pgt_refresh_groups (
    group_id serial PRIMARY KEY,
    group_name text NOT NULL UNIQUE,
    member_oids oid[] NOT NULL,
    isolation text NOT NULL DEFAULT 'read_committed' CHECK (isolation IN ('read_committed', 'repeatable_read')),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE pgtrickle.pgt_source_gates (
    source_relid oid PRIMARY KEY,
    gated boolean NOT NULL DEFAULT true,
    gated_at timestamptz NOT NULL DEFAULT now(),
    ungated_at timestamptz,
    gated_by text
);

CREATE TABLE pgtrickle.pgt_watermarks (
    source_relid oid PRIMARY KEY,
    watermark timestamptz NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    advanced_by text,
    wal_lsn_at_advance text
);

CREATE TABLE pgtrickle.pgt_watermark_groups (
    group_id serial PRIMARY KEY,
    group_name text NOT NULL UNIQUE,
    source_relids oid[] NOT NULL,
    tolerance_secs double precision NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);
