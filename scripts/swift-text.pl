# Swift source as text with comments, and if asked for string literals, blanked out; offsets and lines stay. Required by
# the checks beside it.
use strict;
use warnings;

my $grammar = qr{
  (?(DEFINE)
    (?<comment> /\* (?: (?&comment) | (?!/\*|\*/) . )*+ \*/ )
    (?<group>   \( (?: (?&string) | (?&comment) | (?&group) | [^()"] )*+ \) )
    (?<string>  """ (?: \\(?&group) | \\[^(] | (?!""") [^\\] )*+ """
              | "   (?: \\(?&group) | \\[^(] | [^"\\\n] )*+ " )
  )
}xs;

sub blank { my ($text) = @_; $text =~ s/[^\n]/ /g; return $text }

sub without_comments {
  my ($text, %also) = @_;
  $text =~ s{
    (?<kept> (?<raw>\#+)"""(?:.*?)"""\g{raw} | (?<raw1>\#+)"(?:[^\n]*?)"\g{raw1} | (?&string) )
    | //[^\n]* | (?&comment)
    $grammar
  }{ defined $+{kept} && !$also{strings} ? $+{kept} : blank($&) }gsex;
  return $text;
}

sub line_at { my ($text, $offset) = @_; return 1 + (substr($text, 0, $offset) =~ tr/\n//) }

sub contents {
  my ($path) = @_;
  open my $file, '<:raw', $path or die "$0: cannot read $path: $!\n";
  local $/;
  my $text = <$file>;
  return defined $text ? $text : '';
}

1;
