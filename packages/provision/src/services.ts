interface Declaration {
  /** Also its consumer group, and the name of its log. */
  name: string;
  /** From the root of the checkout. */
  folder: string;
  /** Default HTTP port. */
  port: number;
  /** Its database, and the role that owns it. */
  database: string;
}

/** The five services and the simulator. */
const own = [
  { name: 'catalog', folder: 'services/catalog', port: 3001, database: 'catalog' },
  { name: 'order', folder: 'services/order', port: 3002, database: 'orders' },
  { name: 'kitchen', folder: 'services/kitchen', port: 3003, database: 'kitchen' },
  { name: 'courier', folder: 'services/courier', port: 3004, database: 'courier' },
  { name: 'analytics', folder: 'services/analytics', port: 3005, database: 'analytics' },
  // Customers and the payment provider. It listens as the provider, and reads no topic.
  { name: 'simulator', folder: 'packages/simulator', port: 3010, database: 'psp' },
] as const satisfies readonly Declaration[];

/** Consumers beside them: `npx brew new consumer` writes a line here, and `npx brew remove consumer` takes it away. */
export const consumers = [] as const satisfies readonly Declaration[];

/** One of our own processes: where its code is, where it listens, which database is its. */
export interface ServiceDeclaration extends Declaration {
  name: (typeof own | typeof consumers)[number]['name'];
}

/** All of them: the one list that starting, ports, databases and dead letters go by. */
export const services: readonly ServiceDeclaration[] = [...own, ...consumers];
