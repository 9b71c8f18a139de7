-- One row an order; everything that changes about it changes here, under this row's lock.
create table orders (
  order_id text primary key,
  cafe_id text not null,
  customer jsonb not null,
  items jsonb not null,
  total_amount bigint not null check (total_amount >= 0),
  total_currency text not null,
  status text not null
    check (status in ('placed', 'paid', 'preparing', 'ready', 'on_the_way', 'delivered', 'cancelled')),
  cancel_reason text
    check (cancel_reason in ('out_of_stock', 'payment_failed', 'payment_timeout', 'customer_request')),
  payment_state text not null
    check (payment_state in ('none', 'requested', 'failed', 'received', 'refunding', 'refunded')),
  payment_id text,
  payment_amount bigint,
  payment_currency text,
  refund_id text,
  placed_at timestamptz not null,
  paid_at timestamptz,
  preparing_at timestamptz,
  ready_at timestamptz,
  on_the_way_at timestamptz,
  delivered_at timestamptz,
  cancelled_at timestamptz,
  cancellation_requested_at timestamptz,
  -- When an order that is still unpaid is given up.
  payment_due_at timestamptz not null,
  -- The event (and its trace) that last changed the order: what a timer or a webhook does follows from it.
  cause jsonb not null,
  -- Counts the changes, so that somebody who follows the order can tell whether there is news.
  version integer not null default 1,
  check ((status = 'cancelled') = (cancel_reason is not null)),
  -- Nobody's money is lost sight of: whoever paid has a payment to give back.
  check (payment_state not in ('received', 'refunding', 'refunded')
    or (payment_id is not null and payment_amount is not null and payment_currency is not null)),
  check ((payment_state = 'refunded') = (refund_id is not null)),
  -- Never delivered for nothing, never cancelled with the money kept.
  check (status <> 'delivered' or payment_state = 'received'),
  check (status <> 'cancelled' or payment_state <> 'received')
);

-- The unpaid orders, for the payment timeout: few rows, however many orders there are.
create index orders_unpaid on orders (payment_due_at) where status = 'placed';
