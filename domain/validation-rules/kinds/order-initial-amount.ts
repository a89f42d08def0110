import { orderAmount } from './order-amount.ts';
import type { RuleKind } from '../rule.ts';

export const orderInitialAmount: RuleKind = { ...orderAmount, name: 'order.initial_amount' };
