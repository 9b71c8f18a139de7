-- What ever came onto a shelf: its first filling, and deliveries. What is there now and what is reserved from it come to the same, so that a
-- shelf that was changed by anything else is seen (`brew verify --databases`). Null: it was filled by the release before, which did not count.
alter table stock add column delivered bigint;

-- Reservations say which shelf they are from; those that never said are of the one that is there now, or of none.
update reservations
set items = (
  select jsonb_agg(case when line ? 'shelf' then line else line || jsonb_build_object('shelf', coalesce(
    (select id::text from stock where stock.cafe_id = reservations.cafe_id and stock.sku = line ->> 'sku'), '0')) end)
  from jsonb_array_elements(items) as line
)
where released_at is null and exists (select from jsonb_array_elements(items) as line where not line ? 'shelf');

update stock set delivered = available;
update stock set delivered = delivered + quantity
from (
  select line ->> 'shelf' as shelf, sum((line ->> 'quantity')::bigint) as quantity
  from reservations cross join jsonb_array_elements(items) as line where released_at is null group by 1
) as reserved where shelf = id::text;

-- What reservations that are deleted for their age had reserved, by shelf: a shelf that is gone stays.
create table forgotten_reservations (
  shelf text primary key,
  quantity bigint not null
);

-- By a trigger: whoever deletes them, in whatever portions.
create function remember_reserved() returns trigger language plpgsql as $$
begin
  insert into forgotten_reservations as known (shelf, quantity)
  -- In the order of the shelves: two who delete at once would deadlock otherwise.
  select line ->> 'shelf', sum((line ->> 'quantity')::bigint) from deleted cross join jsonb_array_elements(items) as line
  where released_at is null and line ? 'shelf' group by 1 order by 1
  on conflict (shelf) do update set quantity = known.quantity + excluded.quantity;
  return null;
end
$$;

create trigger reservations_deleted
  after delete on reservations referencing old table as deleted
  for each statement execute function remember_reserved();
