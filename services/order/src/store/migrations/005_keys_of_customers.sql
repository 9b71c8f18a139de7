-- Idempotency keys are the customer's own: see placeOrders.ts.
update idempotency_keys
set key = encode(sha256(convert_to((customer ->> 'name') || E'\n' || (customer ->> 'address'), 'UTF8')), 'hex') || '/' || key
from orders where orders.order_id = idempotency_keys.order_id;
