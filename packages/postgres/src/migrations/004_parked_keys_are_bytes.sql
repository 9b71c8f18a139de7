-- A key is any bytes: a Java Long has zeros, which no text takes, and two keys that are no UTF-8 may look the same as text.
alter table parked_keys drop constraint parked_keys_pkey;
alter table parked_keys alter column key type bytea using convert_to(key, 'UTF8');
-- An index takes 2.7 kB at most, and a key may have a megabyte.
alter table parked_keys add column key_hash bytea generated always as (sha256(key)) stored;
alter table parked_keys add primary key (topic, key_hash);
