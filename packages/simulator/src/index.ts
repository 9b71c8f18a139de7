export { createArrivals } from './customers/arrivals.ts';
export { type Assortment, customer, type OrderRequest, randomOrder } from './customers/generator.ts';
export { createShop } from './shop.ts';
