create table couriers (
  courier_id text primary key,
  name text not null,
  -- Whether they work today: false for those beyond COURIERS, who bring what they carry and get nothing new.
  on_duty boolean not null default true,
  -- What they carry; null while they are free.
  order_id text unique,
  deliveries integer not null default 0,
  free_since timestamptz not null
);

create index couriers_free on couriers (free_since, courier_id) where on_duty and order_id is null;

create table shipments (
  order_id text primary key,
  cafe_id text not null,
  ready_at timestamptz not null,
  courier_id text references couriers,
  courier_name text,
  assigned_at timestamptz,
  due_at timestamptz,
  delivered_at timestamptz,

  -- the event that led to the latest step, so that the next one, which a timer takes, goes on in its trace
  cause_id text not null,
  traceparent text,

  state text not null generated always as (
    case
      when delivered_at is not null then 'delivered'
      when assigned_at is not null then 'on_the_way'
      else 'waiting'
    end
  ) stored
);

create index shipments_waiting on shipments (ready_at, order_id) where state = 'waiting';
create index shipments_on_the_way on shipments (due_at) where state = 'on_the_way';

-- PostgreSQL delivers a notification when the transaction commits, to every instance: so the dispatcher is woken
-- only when there is something to see, whoever saw the order become ready.
create function call_the_dispatcher() returns trigger language plpgsql as $$
begin
  perform pg_notify('dispatch', '');
  return null;
end
$$;

create trigger shipment_waiting after insert on shipments for each row execute function call_the_dispatcher();
