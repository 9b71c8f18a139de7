-- Who writes a ticket wakes its line by itself, after the commit: transactions that notify would commit one after the
-- other, in all databases of the server.
drop trigger ticket_queued on tickets;
drop function call_the_line();

-- The cafes where somebody waits. It jumps from cafe to cafe along the index instead of reading all that is queued, so
-- it takes as long as there are such cafes, however many tickets there are.
create view busy_cafes as
with recursive busy as (
  (select cafe_id from tickets where stage = 'queued' order by cafe_id limit 1)
  union all
  select (
    select cafe_id from tickets where stage = 'queued' and cafe_id > busy.cafe_id order by cafe_id limit 1
  )
  from busy where cafe_id is not null
)
select cafe_id from busy where cafe_id is not null;
