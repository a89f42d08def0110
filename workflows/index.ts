export { asyncAction } from './async-action.ts';
export { destination } from './destination.ts';
export { journey } from './journey.ts';
export { launch, scheduledLaunch } from './launch.ts';
export { tidyUp, watch } from './watch.ts';
