/**
 * Gives shipments to free couriers, first come first served.
 *
 * A courier carries one shipment at a time. With a delivery that takes no time they are back before the next is
 * given out, so then they take turns and nothing is left waiting.
 *
 * @param couriers who is free, in the order in which they shall go
 * @param shipments what waits, in the order in which it shall go
 * @param oneEach false when deliveries take no time
 * @returns pairs; the shipments without one wait on
 */
export function assign<Courier, Shipment>(
  couriers: readonly Courier[],
  shipments: readonly Shipment[],
  oneEach: boolean,
): { courier: Courier; shipment: Shipment }[] {
  return shipments.flatMap((shipment, index) => {
    const courier = couriers[oneEach ? index : index % couriers.length];
    return courier === undefined ? [] : [{ courier, shipment }];
  });
}
