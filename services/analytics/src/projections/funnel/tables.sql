create table counts (
  step text not null,
  reason text not null, -- why the orders were cancelled; '' for every other step
  orders bigint not null,
  primary key (step, reason)
);
