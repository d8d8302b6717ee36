#!/usr/bin/perl
# Prepares a fresh RT for tests: custom fields on every queue, people with their rights, further ones by the names that it is
# given, and tokens, which are printed as JSON.
use strict;
use warnings;
use lib '/usr/share/request-tracker5/lib';
use RT;
use JSON ();

RT::LoadConfig();
RT::Init();
my $system = RT->SystemUser;

sub made {
    my ( $what, $id, $message ) = @_;
    die "$what: $message\n" unless $id;
}

my $everywhere = RT::Queue->new($system);
for my $field ( [ 'Tripline', 'FreeformSingle' ], [ 'Labels', 'FreeformMultiple' ], [ 'Description', 'TextSingle' ],
    [ 'Risk score', 'FreeformSingle' ] ) {
    my ( $name, $type ) = @$field;
    my $made = RT::CustomField->new($system);
    made( $name, $made->Create( Name => $name, Type => $type, LookupType => 'RT::Queue-RT::Ticket' ) );
    made( "$name on every queue", $made->AddToObject($everywhere) );
}

# Mail to nobody would take most of the time of a test.
my $scrips = RT::Scrips->new($system);
$scrips->UnLimit;
while ( my $scrip = $scrips->Next ) {
    my ( $done, $message ) = $scrip->SetDisabled(1);
    made( 'scrip ' . $scrip->id, $done, $message );
}

sub person {
    my ( $name, $password, @rights ) = @_;
    my $user = RT::User->new($system);
    made( $name, $user->Create( Name => $name, EmailAddress => "$name\@example.test", Privileged => 1, Password => $password ) );
    for my $right (@rights) {
        made( "$right of $name", $user->PrincipalObj->GrantRight( Object => RT->System, Right => $right ) );
    }
    return $user;
}

sub token {
    my ($user) = @_;
    my $token = RT::AuthToken->new($system);
    my ( $id, $message, $text ) = $token->Create( Owner => $user->Id, Description => 'tests' );
    made( 'token of ' . $user->Name, $id, $message );
    return $text;
}

my @reading  = qw(SeeQueue ShowTicket ShowTicketComments SeeCustomField);
my @changing = qw(CreateTicket ModifyTicket CommentOnTicket ReplyToTicket OwnTicket ReassignTicket ModifyCustomField SetInitialCustomField);
my $gateway = person( 'gateway',       'gateway-passw0rd', @reading, @changing );
my $reader  = person( 'onlooker',      'onlooker-passw0rd', @reading );
my $creator = person( 'without-fields', 'creator-passw0rd', qw(SeeQueue ShowTicket CreateTicket) );
my %people = map { $_ => token( person( $_, "$_-passw0rd", @reading, @changing ) ) } @ARGV;
person( 'maria.lindqvist', 'maria-passw0rd', @reading, @changing );
person( 'not-an-owner',    'nobody-passw0rd', qw(SeeQueue ShowTicket) );
my $unprivileged = RT::User->new($system);
made( 'customer', $unprivileged->Create( Name => 'a.customer', EmailAddress => 'a.customer@example.test', Privileged => 0 ) );
my $root = RT::User->new($system);
$root->Load('root');
made( 'password of root', $root->SetPassword( $ENV{RT_TEST_ROOT_PASSWORD} ) );

my $elsewhere = RT::Queue->new($system);
made( 'queue', $elsewhere->Create( Name => 'Elsewhere', Lifecycle => 'detections' ) );

print JSON->new->canonical->encode(
    {   gateway       => token($gateway),
        onlooker      => token($reader),
        withoutFields => token($creator),
        root          => token($root),
        people        => \%people,
        administrator => $root->Id + 0,
    }
);
