-- More records may be deleted while a group stands still: the letter of the longer gap begins with the same offset, and is another one.
drop index letters_of_place;
create unique index letters_of_place
  on letters (topic, partition, record_offset, coalesce(last_offset, -1), record_timestamp, coalesce(key_hash, ''), content)
  where status = 'waiting' and reason <> 'foreign';
