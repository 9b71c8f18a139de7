export { type Assortment, type MenuEntry, type OrderRequest, randomOrder } from './customers/generator.ts';
