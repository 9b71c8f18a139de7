create table counts (
  hour timestamptz not null, -- in which the step was taken
  step text not null,
  reason text not null, -- why the orders were cancelled; '' for every other step
  orders bigint not null,
  primary key (hour, step, reason)
);
