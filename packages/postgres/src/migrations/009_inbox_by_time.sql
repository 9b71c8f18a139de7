-- Once rows have been pruned, new ones lie between old ones, and a block range tells nothing any more: each look for the old read most of the
-- table. Made before the other goes, so that only writers wait for it.
create index inbox_age on inbox (claimed_at);
drop index inbox_claimed_at;
