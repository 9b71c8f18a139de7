-- Where each partition is read on. Written in the transaction that writes what was made of it, so the two can't disagree.
create table projection_offsets (
  topic text not null,
  topic_id uuid not null, -- of Kafka: a topic that is deleted and made anew has another one, and other offsets
  partition integer not null,
  next_offset bigint not null,
  primary key (topic, partition)
);
