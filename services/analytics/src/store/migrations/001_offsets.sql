-- How far each projection has come. Written in the transaction that writes the projection's tables, so the two
-- can't disagree: a record takes effect exactly once, whatever Kafka's own offsets say.
create table projection_offsets (
  projection text not null,
  topic text not null,
  partition integer not null,
  next_offset bigint not null,
  primary key (projection, topic, partition)
);
