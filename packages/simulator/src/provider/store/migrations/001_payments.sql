create table payments (
  payment_id text primary key,
  -- One payment for all requests with the same key.
  idempotency_key text not null unique,
  order_id text not null,
  amount bigint not null,
  currency text not null,
  -- Decided at once, true from settles_at on: until then the payment is pending, and a stuck one for ever.
  outcome text not null check (outcome in ('succeeded', 'failed', 'stuck')),
  reason text,
  settles_at timestamptz not null,
  created_at timestamptz not null default now()
);

create index payments_order_id on payments (order_id);

create table refunds (
  refund_id text primary key,
  idempotency_key text not null unique,
  payment_id text not null references payments,
  amount bigint not null check (amount > 0),
  created_at timestamptz not null default now()
);

create index refunds_payment_id on refunds (payment_id);

-- What has still to be told. A row goes when its webhook was taken; one told twice has two rows with the same event.
create table webhooks (
  webhook_id bigint generated always as identity primary key,
  body text not null,
  due_at timestamptz not null,
  attempts int not null default 0
);

create index webhooks_due_at on webhooks (due_at);
