-- Since when, by the database's clock, an order is paid and has not ended.
alter table orders add column under_way_since timestamptz;

update orders set under_way_since = paid_at where status in ('paid', 'preparing', 'ready', 'on_the_way');

create index orders_under_way on orders (under_way_since) where under_way_since is not null;
