-- A position may lie behind the end of its log, when Kafka was set back. It stays wrong when the log grows beyond it.
do $$
declare
  generation record;
begin
  for generation in select projection || '_g' || number as schema from generations loop
    -- See OWN_TABLES in generations.ts.
    execute format('alter table %I.positions add column log_ended bigint', generation.schema);
  end loop;
end $$;
