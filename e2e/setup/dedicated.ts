import { startSystem } from '../startSystem.ts';

export default () => startSystem('dedicated');
