/** The frame of a table: it scrolls by itself, with the keyboard too, and says what its columns are. */
import type { ComponentChildren } from 'preact'
import { t } from '../../i18n'

export function Table(props: {
  label: string
  columns: readonly string[]
  /** The last column holds buttons, which say themselves what they do. */
  acts?: boolean
  testid: string
  children: ComponentChildren
}) {
  return (
    <div class="admin-scroll" tabIndex={0} role="region" aria-label={props.label}>
      <table class="admin-table" data-testid={props.testid}>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
            {props.acts && (
              <th scope="col">
                <span class="sr">{t('admin.acts')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  )
}
