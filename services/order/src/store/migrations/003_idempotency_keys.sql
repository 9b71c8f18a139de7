-- What POST /orders was answered under which Idempotency-Key, and to what body.
create table idempotency_keys (
  key text primary key,
  -- SHA-256 of the request: the same key with another body is a mistake of the caller.
  fingerprint bytea not null,
  order_id text not null,
  created_at timestamptz not null default now()
);

create index idempotency_keys_age on idempotency_keys (created_at);
