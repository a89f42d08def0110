export { destination } from './destination.ts';
export { journey } from './journey.ts';
