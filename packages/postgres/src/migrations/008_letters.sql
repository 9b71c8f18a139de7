-- What lies in the group's dead letter topic, one row for each letter, so that it can be looked for and taken out. The topic stays as it
-- is: what became of a letter is only here.
create table letters (
  id bigint generated always as identity primary key,
  dlq_partition integer not null,
  dlq_offset bigint not null,
  parked_at timestamptz not null,       -- the letter's own time
  reason text not null,                 -- failed, key_parked, unreadable, deleted; foreign: not written by this group
  topic text,                           -- where the record came from; null for foreign ones
  partition integer,
  record_offset bigint,
  last_offset bigint,                   -- of unreadable and deleted ones, which stand for several
  key bytea,
  key_hash bytea,                       -- SHA-256 of the record's key, also where a pointer leaves the key out
  value bytea,                          -- null also for a pointer, and once it is done
  header_names bytea[] not null,        -- as they came, any bytes: those of the record alone
  header_values bytea[] not null,       -- of equal length; null where a header has no value
  record_timestamp bigint not null,     -- milliseconds since 1970; Kafka takes any 64 bits
  type text,                            -- ce_type
  pointer text,                         -- dlq_pointer: what is missing
  value_bytes bigint not null,          -- of the record's value, also where it is missing
  bytes bigint not null,                -- of all that is here of the record: what a transaction has to hold of it
  content bytea not null,               -- SHA-256 of value and headers
  error_name text,
  error_code text,
  error_message text,
  error_stack text,
  attempts integer not null default 0,
  redrives integer not null default 0,  -- those that failed
  last_redrive_at timestamptz,
  last_error text,
  status text not null default 'waiting' check (status in ('waiting', 'redriven', 'discarded')),
  resolved_at timestamptz,
  action uuid                           -- what resolved it
);

-- What waits is little; what is done is kept for who asks, and no statement of a redrive goes through it.
create index letters_waiting on letters (id) where status = 'waiting';
create index letters_of_key on letters (topic, key_hash, partition, record_offset) where status = 'waiting';
-- A letter that was sent twice is one. Not by its place alone: a topic that is made anew has the same places again, and a stranger may name
-- any place.
create unique index letters_of_place
  on letters (topic, partition, record_offset, record_timestamp, coalesce(key_hash, ''), content)
  where status = 'waiting' and reason <> 'foreign';

-- Up to where the topic is in the table. One that is made anew begins anew.
create table letter_positions (
  dlq_partition integer primary key,
  topic_id text not null,
  next_offset bigint not null
);

-- Who did what, when and why. Several calls may belong to one action; its counts are those of all of them.
create table letter_actions (
  id uuid primary key,
  at timestamptz not null default now(),
  by text not null,
  action text not null check (action in ('redrive', 'discard')),
  why text,
  selection jsonb not null,
  redriven integer not null default 0,
  already_done integer not null default 0,
  failed integer not null default 0,
  skipped integer not null default 0,
  discarded integer not null default 0
);

create index letter_actions_at on letter_actions (at);

-- A lock on a key is a lock on its row. The row is made for it where there is none, and then the hash may be all that is known of the key. The
-- key itself was only for who looks.
alter table parked_keys alter column key_hash drop expression;
alter table parked_keys drop column key;
