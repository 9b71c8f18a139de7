-- Which transaction has written a row: by that the relay finds what was committed since it looked last, without walking over what it has
-- deleted meanwhile. While a transaction stays open, in whichever session, PostgreSQL removes none of that.
alter table outbox
  add column xid xid8 not null default pg_current_xact_id(),
  -- Whoever reads a row wants all of its headers, as they are: text that was checked once is cheaper than a tree.
  alter column headers type json;
alter table outbox_aside alter column headers type json;

create index outbox_xid on outbox (xid);
