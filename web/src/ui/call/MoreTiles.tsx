/** Who takes part in a call beside the two, as small pictures: a third person, and devices (WHIP, WHEP). */
import type { Member } from '../../contract'
import { isGuest } from '../../model/room'
import { useModel } from '../model'
import { Tile } from './Tile'

export function MoreTiles(props: {
  members: Member[]
  large: Member | undefined
  onPick: (id: string) => void
}) {
  const remote = useModel().remote.value
  return (
    <>
      {props.members
        .filter((member) => member !== props.large)
        .map((member) => (
          <Tile
            key={member.person.id}
            member={member}
            silent={isGuest(member) && !remote.get(member.person.id)?.camera}
            onPick={() => props.onPick(member.person.id)}
          />
        ))}
    </>
  )
}
