-- A ticket that the line could not start waits in stuck_items, and nobody waits for a barista on its account.
create or replace view busy_cafes as
with recursive waiting as not materialized (
  select cafe_id from tickets
  where stage = 'queued' and order_id not in (select item from stuck_items where worker = 'line')
), busy as (
  (select cafe_id from waiting order by cafe_id limit 1)
  union all
  select (
    select cafe_id from waiting where cafe_id > busy.cafe_id order by cafe_id limit 1
  )
  from busy where cafe_id is not null
)
select cafe_id from busy where cafe_id is not null;
