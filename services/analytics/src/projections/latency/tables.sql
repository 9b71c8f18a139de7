-- How many of the orders that were placed in a minute took so long to a stage.
create table durations (
  minute timestamptz not null,
  stage text not null,
  ms integer not null, -- to half a percent
  orders bigint not null,
  primary key (minute, stage, ms)
);
