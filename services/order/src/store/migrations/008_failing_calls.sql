-- Since when the calls for a job have failed, without an answer in between.
alter table payment_jobs add column failing_since timestamptz;

update payment_jobs set failing_since = now() where attempts > 1;

create index payment_jobs_failing on payment_jobs (failing_since) where failing_since is not null;
