-- Calls to the payment provider that are still to be made. A handler's transaction writes the row, a worker makes the
-- call and deletes it. The key is the idempotency key, so that a call made twice has one effect.
create table payment_jobs (
  job_key text primary key,
  kind text not null check (kind in ('payment', 'refund')),
  order_id text not null references orders,
  payment_id text,
  amount bigint not null,
  currency text not null,
  cause jsonb not null,
  attempts integer not null default 0,
  -- Not before this. A worker that takes the job moves it on by its lease: should it die, another one takes over then.
  due_at timestamptz not null default now(),
  check ((kind = 'refund') = (payment_id is not null))
);

create index payment_jobs_due on payment_jobs (due_at);
create index payment_jobs_of_order on payment_jobs (order_id);
