-- Records on their way to Kafka, whole: the relay only copies them. A row is deleted once Kafka has acknowledged it.
create table outbox (
  id bigint generated always as identity primary key,
  topic text not null,
  key text not null,
  value bytea,                        -- framed Avro; null is a tombstone
  headers jsonb not null,
  created_at timestamptz not null default now()
);

-- Nearly every row that was ever written is dead: without this, autovacuum comes by too rarely and each
-- `order by id limit n` walks over the dead index entries at the front.
alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
