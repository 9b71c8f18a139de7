import { find, type OrderState } from '../../orderState.ts';
import { defineBook, type Judging } from '../book.ts';
import { type ShipmentRow, shipmentRows } from '../sql/courier.ts';
import { compareCafe, compareFacts, missingBy } from './facts.ts';

const makers = ['OrderReady', 'CourierAssigned', 'OrderDelivered'];

/** What waits for couriers, is on its way and was brought. */
export const shipments = defineBook<ShipmentRow>({
  name: 'shipments',
  database: 'courier',
  page: shipmentRows,
  missing: missingBy('shipment', makers),
  compare: compareShipment,
});

export function compareShipment(order: OrderState, row: ShipmentRow, judging: Judging): string[] {
  const courier = (find(order, 'OrderDelivered') ?? find(order, 'CourierAssigned'))?.detail;
  return [
    ...compareCafe(order, 'shipment', row.cafeId),
    ...compareFacts(
      order,
      'shipment',
      [
        ['OrderReady', 'there', row.ready],
        ['CourierAssigned', 'assigned', row.assigned],
        ['OrderDelivered', 'delivered', row.delivered],
      ],
      judging,
    ),
    ...(courier !== undefined && row.assigned !== null && courier !== row.courierId
      ? [`was given to ${courier}, and its shipment says ${row.courierId}`]
      : []),
    ...(row.courierName !== row.knownName
      ? [`is with ${row.courierName} by its shipment, and ${row.courierId} is ${row.knownName}`]
      : []),
  ];
}
