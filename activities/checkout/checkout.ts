import type { RedemptionActivities } from '../redemption/redemption.ts';
import type { ValidationActivities } from './validation.ts';

/** What a checkout asks, whoever runs it: these functions in this process, or a worker by way of Temporal. */
export type Checkout = Pick<ValidationActivities, 'validate'> & Pick<RedemptionActivities, 'redeem' | 'rollback' | 'validateAndLock'>;
