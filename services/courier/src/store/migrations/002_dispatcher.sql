-- Who adds a shipment wakes the dispatcher by itself, after the commit: transactions that notify would commit one after
-- the other, in all databases of the server.
drop trigger shipment_waiting on shipments;
drop function call_the_dispatcher();
