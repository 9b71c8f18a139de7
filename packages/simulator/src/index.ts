export { type Assortment, type OrderRequest, randomOrder } from './customers/generator.ts';
