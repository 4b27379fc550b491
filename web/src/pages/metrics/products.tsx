// What was sold: each product's sales and its share of the money.
import type { Overview } from '../../api/types';
import { fmt, t } from '../../ui/i18n';
import { share } from '../../ui/metrics';
import { Card } from '../../ui/state';

export function Products({ overview }: { overview: Overview }) {
  const { products, currency } = overview;
  const whole = products.reduce((sum, product) => sum + product.revenue, 0);
  if (products.length === 0) return null;
  return (
    <Card title={t('products.title')}>
      <ul class="products num">
        {products.map((product) => {
          const part = share(product.revenue, whole);
          const name = product.name ?? t('rest.product');
          return (
            <li key={product.code}>
              <span class="clip" title={name}>{name}</span>
              <span>{t('products.sales', { n: product.sales })}</span>
              <b>{fmt.money(product.revenue, currency)}</b>
              <span class="product-bar" data-tip={part === null ? undefined : t('products.share', { value: fmt.percent(part) })}>
                <i style={{ width: `${part ?? 0}%` }} />
              </span>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
