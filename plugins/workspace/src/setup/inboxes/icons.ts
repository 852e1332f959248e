/** Icons an inbox may carry, by the names the API stores. */
import CreditCard from '@lucide/svelte/icons/credit-card';
import Headphones from '@lucide/svelte/icons/headphones';
import Inbox from '@lucide/svelte/icons/inbox';
import LifeBuoy from '@lucide/svelte/icons/life-buoy';
import Mail from '@lucide/svelte/icons/mail';
import ShoppingCart from '@lucide/svelte/icons/shopping-cart';
import Star from '@lucide/svelte/icons/star';
import Wrench from '@lucide/svelte/icons/wrench';

export const icons: Record<string, typeof Inbox> = {
  inbox: Inbox, headphones: Headphones, 'life-buoy': LifeBuoy, wrench: Wrench, 'shopping-cart': ShoppingCart, 'credit-card': CreditCard, mail: Mail, star: Star
};

export const iconOf = (name: string | null | undefined): typeof Inbox => icons[name ?? ''] ?? Inbox;
