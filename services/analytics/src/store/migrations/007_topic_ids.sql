-- Which topics the positions of a generation are of: one that is deleted and made anew has another id, and other offsets.
create table generation_topics (
  projection text not null,
  number integer not null,
  topic text not null,
  topic_id uuid not null,
  primary key (projection, number, topic),
  foreign key (projection, number) references generations on delete cascade
);
