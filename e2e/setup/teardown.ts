export { endSystem as default } from '../startSystem.ts';
