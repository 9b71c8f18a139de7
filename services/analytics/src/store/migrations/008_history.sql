-- What a rebuild can not read any more it takes over from the live generation, hour by hour.
alter table generations
  add column built_since timestamptz, -- the first hour that was built from the topics; null: all of them were
  add column whole boolean not null default true, -- false: what was before that hour is still to be taken over
  add column hours_since timestamptz, -- what was counted before stands under the hour -infinity; null: nothing does
  add column columns text[] not null default '{}'; -- what is known of each order at hand, NAME:TYPE, in the order in which it is stored

update generations set columns = case projection
  when 'sales' then '{cafeId:text,amount:number,currency:text,deliveredAt:number}'::text[]
  when 'funnel' then '{steps:steps}'
  when 'latency' then '{placed:number,paid:number,started:number,ready:number,delivered:number}'
  when 'top_drinks' then '{placed:steps}'
  else columns end
where version = 2;

do $$
declare
  generation record;
  key text;
begin
  for generation in select *, projection || '_g' || number as schema from generations loop
    -- See OWN_TABLES in generations.ts.
    execute format('create table %I.orders_waiting (id text primary key, columns bytea not null)', generation.schema);

    key := case generation.projection when 'funnel' then 'step, reason' when 'top_drinks' then 'sku' end;
    if key is not null and generation.version = 2 then
      execute format(
        'alter table %I.counts add column hour timestamptz not null default ''-infinity'', drop constraint counts_pkey, add primary key (hour, %s)',
        generation.schema, key);
      execute format('alter table %I.counts alter column hour drop default', generation.schema);
      if generation.state = 'live' then
        execute format('create or replace view %I.counts as select * from %I.counts', generation.projection, generation.schema);
      end if;
    end if;
  end loop;
end $$;

-- They are of version 3 now, but for what was counted until now, at whatever time that was; clocks may be wrong by some minutes.
update generations
set version = 3, hours_since = date_trunc('hour', now() + interval '75 minutes', 'UTC')
where version = 2 and projection in ('funnel', 'top_drinks');
