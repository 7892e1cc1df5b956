# Runs on nodes without Python: what peer.python does, in Perl.
use strict;
use warnings;
use Errno qw(EAGAIN EWOULDBLOCK EINTR);
use IO::Select;
use IO::Handle;
use Socket qw(:DEFAULT SOMAXCONN getaddrinfo IPPROTO_IPV6 IPV6_V6ONLY);

my $secret = $ENV{ACP_SECRET};
my ($task, @given) = @ARGV;
my $now = eval { require Time::HiRes; \&Time::HiRes::time } || sub { time };
$| = 1;
$SIG{PIPE} = "IGNORE";

sub listening {
    my ($port) = @_;
    my $server;
    if (socket($server, AF_INET6, SOCK_STREAM, 0)) {
        setsockopt($server, IPPROTO_IPV6, IPV6_V6ONLY, pack("i", 0));
        setsockopt($server, SOL_SOCKET, SO_REUSEADDR, pack("i", 1));
        if (bind($server, Socket::pack_sockaddr_in6($port, Socket::IN6ADDR_ANY()))) {
            listen($server, 64) or die "$!\n";
            return $server;
        }
    }
    socket($server, AF_INET, SOCK_STREAM, 0) or die "$!\n";
    setsockopt($server, SOL_SOCKET, SO_REUSEADDR, pack("i", 1));
    bind($server, pack_sockaddr_in($port, INADDR_ANY)) or die "$!\n";
    listen($server, 64) or die "$!\n";
    return $server;
}

sub within {
    my ($seconds, $do) = @_;
    my $result = eval {
        local $SIG{ALRM} = sub { die "timed out\n" };
        alarm $seconds;
        my $value = $do->();
        alarm 0;
        $value;
    };
    my $error = $@;
    alarm 0;
    die $error if $error;
    return $result;
}

sub connected {
    my ($address, $port, $seconds) = @_;
    my ($error, $found) = getaddrinfo($address, $port, { socktype => SOCK_STREAM });
    die "$error\n" if $error;
    socket(my $client, $found->{family}, SOCK_STREAM, 0) or die "$!\n";
    within($seconds, sub { connect($client, $found->{addr}) or die "$!\n" });
    return $client;
}

sub line_of {
    my ($client, $seconds, $limit) = @_;
    my $seen = "";
    eval {
        within($seconds, sub {
            while (length($seen) < $limit && $seen !~ /\n$/) {
                my $count = sysread($client, my $data, $limit - length $seen);
                last unless $count;
                $seen .= $data;
            }
            1;
        });
    };
    return $seen;
}

sub receive {
    my ($connections) = @_;
    my $server = listening(0);
    my $address = getsockname $server;
    my $port = sockaddr_family($address) == AF_INET ? (unpack_sockaddr_in($address))[0] : (Socket::unpack_sockaddr_in6($address))[0];
    print "port $port\n";
    my @clients;
    while (@clients < $connections) {
        my $client = within(15, sub { accept(my $new, $server) or die "$!\n"; $new });
        push @clients, $client if line_of($client, 3, 1 + length $secret) eq "$secret\n";
    }
    close $server;
    syswrite $_, "go\n" for @clients;
    my ($size, $first, $last) = (0, 0, 0);
    my $open = IO::Select->new(@clients);
    while ($open->count) {
        my @ready = $open->can_read(15) or die "nothing more arrived\n";
        for my $client (@ready) {
            my $count = sysread $client, my $data, 1 << 18;
            if (!$count) { $open->remove($client); next }
            $last = $now->();
            $first ||= $last;
            $size += $count;
        }
    }
    printf "received %d %.6f\n", $size, $last - $first;
}

sub send_to {
    my ($address, $port, $connections, $seconds) = @_;
    my @clients = map { connected($address, $port, 5) } 1 .. $connections;
    syswrite $_, "$secret\n" for @clients;
    for my $client (@clients) {
        line_of($client, 15, 3);
        $client->blocking(0);
    }
    my $data = "\0" x (1 << 18);
    my $open = IO::Select->new(@clients);
    my $end = $now->() + $seconds;
    while ($now->() < $end) {
        for my $client ($open->can_write(1)) {
            defined syswrite $client, $data or $!{EAGAIN} or $!{EWOULDBLOCK} or $!{EINTR} or die "$!\n";
        }
    }
    close $_ for @clients;
    print "sent\n";
}

sub answer {
    my ($name, @ports) = @_;
    my $open = IO::Select->new;
    for my $port (@ports) {
        my $server = eval { listening($port) };
        if ($server) { $open->add($server); print "open $port\n" }
        else { my $why = $@; chomp $why; print "taken $port $why\n" }
    }
    print "ready\n";
    my %servers = map { $_ => 1 } $open->handles;
    my %clients;
    while (%servers) {
        for my $ready ($open->can_read(1)) {
            if ($servers{$ready}) {
                accept(my $client, $ready) or next;
                $client->blocking(0);
                syswrite $client, "$secret $name\n";
                $clients{$client} = [$client, $now->() + 2];
                $open->add($client);
            }
            elsif (!sysread $ready, my $data, 500) { $clients{$ready}[1] = 0 }
        }
        # Whoever connected closes first: else the port would stay in use for a minute (TIME_WAIT).
        for my $key (grep { $clients{$_}[1] < $now->() } keys %clients) {
            my $client = delete($clients{$key})->[0];
            $open->remove($client);
            setsockopt($client, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0));
            close $client;
        }
    }
}

sub dial {
    for my $item (@_) {
        my ($address, $port, $count) = split /,/, $item;
        my $silent = 0;
        for (1 .. $count) {
            my $client = eval { connected($address, $port, 2) };
            my ($word, $name) = $client ? split(" ", line_of($client, 2, 500)) : ();
            $name = "-" unless defined $name && $word eq $secret;
            print "dialled $address $port $name\n";
            $silent = $name eq "-" ? $silent + 1 : 0;
            last if $silent == 2;
        }
    }
}

my %tasks = (receive => \&receive, send => \&send_to, answer => \&answer, dial => \&dial);
$tasks{$task}->(@given);
