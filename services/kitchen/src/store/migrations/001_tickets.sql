-- One row per order, made by whichever of its events comes first. Its columns are facts, each written once;
-- what follows from them, the stage, is worked out here and nowhere else.
create table tickets (
  order_id text primary key,

  -- facts that other services decided
  cafe_id text,
  customer jsonb,
  items jsonb,
  preparation_seconds integer,
  placed_at timestamptz,
  paid_at timestamptz,
  cancellation_requested_at timestamptz,
  cancelled_at timestamptz,

  -- facts that the kitchen decided
  slot integer,
  started_at timestamptz,
  due_at timestamptz,
  ready_at timestamptz,
  dropped_at timestamptz,

  -- the event that led to the latest step, so that the next one, which a timer takes, goes on in its trace
  cause_id text,
  traceparent text,

  stage text not null generated always as (
    case
      when dropped_at is not null then 'dropped'
      when ready_at is not null then 'ready'
      when started_at is not null then 'preparing'
      when cancelled_at is not null then 'cancelled'
      when placed_at is null or paid_at is null then 'incomplete'
      else 'queued'
    end
  ) stored
);

create index tickets_queued on tickets (cafe_id, paid_at, order_id) where stage = 'queued';
create index tickets_preparing on tickets (due_at) where stage = 'preparing';
create index tickets_ready on tickets (cafe_id, ready_at desc) where stage = 'ready';

-- A place at the counter, with the barista who works there; order_id is what they make, null while they are free.
create table slots (
  cafe_id text not null,
  slot integer not null,
  order_id text unique,
  primary key (cafe_id, slot)
);

-- PostgreSQL delivers a notification when the transaction commits, to every instance: so the line is woken only
-- when there is something to see, whoever saw the payment.
create function call_the_line() returns trigger language plpgsql as $$
begin
  perform pg_notify('line', '');
  return null;
end
$$;

create trigger ticket_queued
  after insert or update on tickets
  for each row when (new.stage = 'queued')
  execute function call_the_line();
