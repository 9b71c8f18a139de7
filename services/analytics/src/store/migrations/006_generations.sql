-- From here on each generation of a projection has a schema of its own, such as sales_g3, and reports are read through views in the
-- schema sales. What was in these tables is made anew from the topics.
drop table projection_offsets, sales_orders, sales_by_hour, funnel_steps, funnel_counts, latency_orders, drink_orders, drink_counts;

-- The generations of each projection. Of each exactly one is live: it is read, and events are read into it.
create table generations (
  projection text not null,
  number integer not null,
  version integer not null, -- of the projection's code
  state text not null check (state in ('building', 'live', 'old')),
  behind boolean not null default false, -- live, and to be brought up to the others before live events are read into it
  began_at timestamptz not null default now(),
  primary key (projection, number)
);

create unique index generations_live on generations (projection) where state = 'live';

-- Records that nobody could read and that were sent to the dead letters: once, however often the topics are read.
create table dead_letters (
  topic text not null,
  partition integer not null,
  record_offset bigint not null,
  sent_at timestamptz not null default now(),
  primary key (topic, partition, record_offset)
);

-- Counts the changes of what is live. Whoever writes to live tables looks whether it is still the number that he began with.
create table switches (number bigint not null);
insert into switches values (0);
