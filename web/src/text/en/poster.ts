// The words of the sign. Both languages are loaded with it: who prints it may want the other one.
export const poster = {
    title: 'Video recording',
    promise: 'We see what happens here. We do not see who you are.',
    how: 'People and vehicles are covered in every picture that staff see. The originals are sealed. Opening one takes several independent persons and a written reason, and is logged.',
    why: 'Why',
    basis: 'On what grounds',
    howLong: 'How long',
    kept: (hours: number) =>
        hours === 0
            ? 'Not recorded'
            : hours % 24 === 0
              ? hours === 24
                  ? '1 day'
                  : `${hours / 24} days`
              : hours === 1
                ? '1 hour'
                : `${hours} hours`,
    sound: 'Sound is recorded.',
    who: 'Who is responsible',
    contact: 'Whom to ask',
    rights: 'Your rights',
    rightsSay:
        'You may ask what is recorded of you, have it erased or restricted, object, and complain to the data protection authority.',
    more: 'More about this',
    notStated: 'Not stated',
};
